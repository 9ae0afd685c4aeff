"""What the action tables ask about the account's resources, read from the services' stores."""
