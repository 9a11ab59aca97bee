"""The replay of real orders: reads a public dataset, plans its contracts and acts, plays them."""
