"""The application's face over HTTP, against a real server process."""
