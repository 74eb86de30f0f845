"""The network that tells materials by their looks, in torch: network, examples, training and export."""
