"""Ingresses of ingress-nginx as manifests of ours: what each annotation means there, and how it is said here."""
