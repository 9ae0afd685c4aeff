"""Services among themselves: LocalStack's internal calls, for whom they are made, and its code amended."""
