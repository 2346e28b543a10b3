"""What is found in written letters before they are sent: leftovers, missing images, breaches of a legal pack."""
