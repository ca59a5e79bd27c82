"""Why a request is decided as it is: a walk along the data plane's own functions, in words."""
