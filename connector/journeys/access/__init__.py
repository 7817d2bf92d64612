"""Who is acting, what they may do, and the order as they may see it."""
