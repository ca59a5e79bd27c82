"""What gateways do now: which snapshot each pod and worker serves, and requests and denials as they happen."""
