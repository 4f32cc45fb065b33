"""What the checks of files, config and tokenizer find, one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from video_commentary.tools import manifest
from video_commentary.tools.verification.check import CheckVerdict
from video_commentary.tools.verification.safetensors_header import read_header

from .conftest import change_config
from .running import outcome_of, under_test


def test_all_fields_of_the_published_layout_are_found(copy: Path) -> None:
    found = outcome_of("config", under_test(copy))
    assert found.verdict is CheckVerdict.OK
    assert "all fields found" in found.found
    assert found.figures["saved_by"] == "4.51.0"


def test_each_default_that_is_taken_is_listed(copy: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        del document["head_dim"], document["vision_config"]["layer_norm_eps"]
        document["rope_parameters"] = {"rope_theta": document.pop("rope_theta")}
        for name in ("attention_type", "text_eos_token_id", "num_audio_tokens"):
            del document["tts_config"][name]

    change_config(copy, change)
    found = outcome_of("config", under_test(copy))
    assert found.verdict is CheckVerdict.OK
    fields = found.figures["fields"]
    assert isinstance(fields, dict)
    assert fields["head_dim"] == "absent, default: 64"
    assert fields["vision_config.layer_norm_eps"] == "absent, default: 1e-06"
    assert fields["rope_parameters.rope_theta"] == "found: 1000000"
    assert fields["tts_config.attention_type"] == "absent, default: sliding_recompute"
    assert fields["tts_config.text_eos_token_id"] == "absent, default: 151692"
    assert fields["tts_config.num_audio_tokens"] == "absent, default: read from a tensor"
    assert fields["tts_config.audio_bos_token_id"] == "found: 451"
    assert "rope_theta from rope_parameters" in found.found
    assert "layer_norm_eps 1e-06" in found.found


@pytest.mark.parametrize("field", ["hidden_size", "query_num"])
def test_a_config_without_a_size_fails_by_name(copy: Path, field: str) -> None:
    change_config(copy, lambda document: document.pop(field))
    found = outcome_of("config", under_test(copy))
    assert found.verdict is CheckVerdict.FAIL
    assert field in found.found


def test_without_the_field_the_towers_last_layer_is_left_out(copy: Path) -> None:
    change_config(copy, lambda document: document.pop("drop_vision_last_layer"))
    model = under_test(copy)
    assert "drop_vision_last_layer True" in outcome_of("config", model).found
    # the tiny tower uses all of its layers: with the default its last one is not read
    assert model.config().vision.num_layers == 1


def test_a_file_of_the_index_that_is_not_there_is_named(copy: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    found = outcome_of("files", under_test(copy))
    assert found.verdict is CheckVerdict.FAIL
    assert "model-00002-of-00002.safetensors is missing" in found.found


def test_the_commit_is_named(copy: Path) -> None:
    source = "openbmb/MiniCPM-o-4_5@503e754207c94da6bb26850b4469f367c9ea3582"
    size = (copy / "config.json").stat().st_size
    manifest.write(copy, [manifest.Fetched("config.json", size, "", source)])
    found = outcome_of("files", under_test(copy))
    assert found.verdict is CheckVerdict.OK
    assert "openbmb/MiniCPM-o-4_5@503e7542" in found.found
    manifest.write(copy, [manifest.Fetched("config.json", size + 1, "", source)])
    assert (
        "config.json is missing or has another size" in outcome_of("files", under_test(copy)).found
    )


def test_a_vocoder_that_nobody_reported_is_pointed_out(speaking_copy: Path) -> None:
    found = outcome_of("files", under_test(speaking_copy))
    assert found.verdict is CheckVerdict.WARN
    assert "flow.pt" in found.found and "hift.pt" in found.found


def test_a_header_that_is_cut_off_is_damage(copy: Path) -> None:
    path = copy / "model.safetensors"
    content = path.read_bytes()
    for kept in (0, 4, 100):
        path.write_bytes(content[:kept])
        with pytest.raises(ValueError, match="header"):
            read_header(path)
        assert outcome_of("files", under_test(copy)).verdict is CheckVerdict.FAIL


def test_a_tokenizer_without_the_marks_fails(copy: Path) -> None:
    path = copy / "tokenizer.json"
    path.write_text(path.read_text().replace("<image>", "<picture>"))
    found = outcome_of("tokenizer", under_test(copy))
    assert found.verdict is CheckVerdict.FAIL
    assert "not MiniCPM-o 4.5's" in found.found


def test_ids_beyond_the_embeddings_fail(copy: Path) -> None:
    change_config(copy, lambda document: document.update(vocab_size=100))
    found = outcome_of("tokenizer", under_test(copy))
    assert found.verdict is CheckVerdict.FAIL
    assert "beyond the model's 100 embeddings" in found.found
