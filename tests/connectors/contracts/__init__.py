"""Our requests held against the services' own machine-readable contracts; those lie in ../shared and stay there."""
