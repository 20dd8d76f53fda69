"""The doors of the playground's Verified ID: the service the desk asks, and the phone that shows a credential."""
