"""The REST APIs of API Gateway, as those who call them see them: whose they are, who may call, and whom they call in turn."""
