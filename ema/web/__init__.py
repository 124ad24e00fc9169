"""The pages and the JSON interface. Everything here renders what the services give."""
