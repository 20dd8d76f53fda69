"""What the tenant holds: people, their factors, passes, passwords and attributes, who signs in how; no HTTP here."""
