"""The refiner of masks from all views, in torch: its network, examples, training and export."""
