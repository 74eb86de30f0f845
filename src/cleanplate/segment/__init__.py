"""Image + plate -> mask: the classical method, and networks by ONNX Runtime.

`segment.runtime.load_model` returns the method behind a model name; `segment.segmenter` holds their one interface.
`deeplab` and `compact` are the networks themselves and need the extra `[train]`.
"""
