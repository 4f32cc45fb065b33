"""Make two networks with the inputs and outputs of the published ones, a kilobyte each.

Run by hand (pip install onnx); its output is next to it.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

HERE = Path(__file__).parent


def save(name: str, nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto],
         output: onnx.ValueInfoProto) -> None:
    """Write a checked network."""
    graph = helper.make_graph(nodes, "tiny", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / name)


def tokenizer() -> None:
    """Loudness of every 4 frames of 128 mel bins as codes, 25 a second."""
    feats = helper.make_tensor_value_info("feats", TensorProto.FLOAT, [1, 128, "T"])
    length = helper.make_tensor_value_info("feats_length", TensorProto.INT32, [1])
    codes = helper.make_tensor_value_info("codes", TensorProto.INT32, [1, None, "N"])
    hundred = helper.make_node(
        "Constant", [], ["hundred"], value_float=100.0
    )
    save("speech_tokenizer_v2_25hz.onnx", [
        hundred,
        helper.make_node("ReduceMean", ["feats"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("MaxPool", ["mean"], ["pooled"], kernel_shape=[4], strides=[4]),
        helper.make_node("Abs", ["pooled"], ["positive"]),
        helper.make_node("Mul", ["positive", "hundred"], ["scaled"]),
        helper.make_node("Cast", ["scaled"], ["codes"], to=TensorProto.INT32),
        helper.make_node("Identity", ["feats_length"], ["unused"]),
    ], [feats, length], codes)


def speaker() -> None:
    """Mean of the 80 bins, twice and a half over, as a vector of 192."""
    fbank = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, "T", 80])
    vector = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 192])
    save("campplus.onnx", [
        helper.make_node("Constant", [], ["start"], value_ints=[0]),
        helper.make_node("Constant", [], ["end"], value_ints=[32]),
        helper.make_node("Constant", [], ["axis"], value_ints=[1]),
        helper.make_node("ReduceMax", ["input"], ["loudest"], axes=[1], keepdims=0),
        helper.make_node("Slice", ["loudest", "start", "end", "axis"], ["part"]),
        helper.make_node("Concat", ["loudest", "loudest", "part"], ["output"], axis=1),
    ], [fbank], vector)


if __name__ == "__main__":
    tokenizer()
    speaker()
