"""The shipped appearance network: appearance.onnx beside appearance.json, which holds its checksum."""
