"""The training line of the reference model: from open data to an ONNX network and its manifest.

Arrays of volumes are `[x, y, z]` in RAS+: indices grow towards the patient's right, front and head. Distances are millimetres,
intensities Hounsfield units, until `network.normalised` makes the network's input of them.
"""
