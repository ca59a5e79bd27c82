"""The loops over a head's fields of Postern's data plane, compiled; `heads` has them."""
