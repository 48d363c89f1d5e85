"""The report: every field in its extracted text, on every page its number and the manifest's hash, fonts embedded."""

from __future__ import annotations

import io
import re
import socket
from datetime import UTC
from pathlib import Path
from typing import Any

import made_cases
import pytest
from media_files import image
from PIL import ExifTags, Image, ImageCms
from pypdf import PdfReader

from core.cases.bundle import export_case, prepared_bundle
from core.cases.case_folder import CaseFolder
from core.cases.kept_results import attack_words, rejection_words
from core.cases.report.found_words import NOT_READ, synthetic_lines
from core.cases.report.report_words import tried_attack_words, video_words
from core.cases.report.write_report import write_report
from core.cases.verification import verify
from core.media.file_provenance import read_provenance
from core.media.open import open_media
from core.output.provenance_words import provenance_record
from core.types import Array, InputError
from core.types.attack_answer import NO_SIGN, PROCESSED, SIGNS
from core.types.synthetic_answer import SYNTHETIC, UNKNOWN


def words_of(reader: PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in reader.pages]


@pytest.mark.parametrize(("page", "width"), [("A4", 595), ("letter", 612)])
def test_a_report_holds_every_field(case: CaseFolder, tmp_path: Path, page: str, width: int) -> None:
    with prepared_bundle(case) as bundle:
        manifest = bundle.manifest_sha256
    count = write_report(case, tmp_path / "report.pdf", page=page)
    reader = PdfReader(tmp_path / "report.pdf")
    pages, state = words_of(reader), case.state()
    assert len(pages) == count > 1
    assert round(float(reader.pages[0].mediabox.width)) == width
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {count}" in text
        assert f"Manifest SHA-256 {manifest}" in text
    whole = " ".join(pages)
    result, exhibit = state.results[0], state.exhibits[0]
    fields = [
        *(state.facts.id, "Exhibit E1", "Exhibit E2", "Asked by Court of tests", "Question Is one.png manipulated?"),
        *("Examined by Ada", "UTC", "Zone of the machine UTC (+0000)", "two\\nlines.png", "image, 12 x 12 pixels"),
        *("200 bytes", f"SHA-256 {exhibit.sha256}", f"Hash before {exhibit.sha256}", f"Hash after {exhibit.sha256}"),
        *(result.versions["torch"], result.versions["prosopon"], "a" * 64, "Seed 7", '"frames": 16'),
        *("processor:", "threads:", "analysed E1", "0.910", "0.800 to 0.970", "5. Interpretation", "Map: saliency"),
        *(
            "Plot E1: score of each judged face, worst first.",
            "The line is the 95 % interval.",
            "The face as it was judged",
        ),
        *("Figure E1: frame 0, face 1. What moved this detector's score here", "Figure E2: frame 0, face 1."),
        *("7. Limitations", "8. What was not done", "Of 100 originals it called 4 manipulated."),
        *(
            "moderate support for the proposition",
            "The tool's words beside it",
            "Reviewer: Bela",
            "The review is log entry 10, by Bela on ",
            "case replay FILE.zip",
        ),
        *("Was it attacked to change that verdict? Signs of an attack.", "holds for this: Made faces."),
        *("Integrity is not authenticity", state.head, "Looks soft about the mouth.", "marked “look again” by Ada"),
    ]
    assert [field for field in fields if field not in whole] == []
    resources: list[Any] = [one["/Resources"] for one in reader.pages]
    fonts = [font.get_object() for one in resources for font in one["/Font"].values()]
    assert [font["/BaseFont"] for font in fonts if "/FontFile2" not in font.get("/FontDescriptor", {})] == []
    names = {str(font["/BaseFont"]).rpartition("+")[2] for font in fonts}
    assert names == {"DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"}
    assert verify(case.root).entries == 10, "a report changes nothing"


def test_exhibits_that_came_after_the_conclusion_are_named(case: CaseFolder, tmp_path: Path) -> None:
    late = tmp_path / "late.jpg"
    late.write_bytes(image("JPEG"))
    words = "Received after this conclusion was drawn, and no part of it"
    for said in (False, True):
        write_report(case, tmp_path / "report.pdf")
        pages = " ".join(words_of(PdfReader(tmp_path / "report.pdf")))
        assert (f"{words}: E3." in pages) == said
        assert (words in pages) == said
        case.add_file(late)


def test_an_exhibit_that_was_not_analysed_has_its_hash_before_and_after(case: CaseFolder, tmp_path: Path) -> None:
    late = tmp_path / "late.jpg"
    late.write_bytes(image("JPEG"))
    exhibit, _ = case.add_file(late)
    write_report(case, tmp_path / "report.pdf")
    pages = " ".join(words_of(PdfReader(tmp_path / "report.pdf")))
    assert f"Hash before {exhibit.sha256} Hash after {exhibit.sha256}" in pages
    assert "received and when this report was written are equal; it was not analysed" in pages


@pytest.mark.parametrize("opened", ["socket", "create_connection"])
def test_export_verification_and_report_open_no_socket(
    opened: str, case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, opened, lambda *_, **__: pytest.fail("a socket was opened"))
    export_case(case, tmp_path / "bundle.zip")
    assert verify(tmp_path / "bundle.zip").ok
    assert verify(case.root).ok
    write_report(case, tmp_path / "report.pdf")


def test_error_rates_are_told_for_each_kind_of_exhibit(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = ["No error rate was measured on videos like this: it was measured on pictures only."]
    answers = ["“Was it attacked?” was not measured for attacks on it."]
    monkeypatch.setattr(made_cases, "DETECTOR", {**made_cases.DETECTOR, "rates": rates, "answers": answers})
    file = tmp_path / "film.mp4"
    file.write_bytes(b"third")
    made_cases.keep(case, case.add_file(file)[0])
    write_report(case, tmp_path / "report.pdf")
    whole = " ".join(words_of(PdfReader(tmp_path / "report.pdf")))
    assert "on data like E1, E2" in whole
    assert "Of 100 originals it called 4 manipulated." in whole
    assert "on data like E3" in whole
    assert rates[0] in whole
    assert answers[0] in whole


def test_provenance_copies_and_synthetic_faces_are_told(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: Array
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "Camera X1"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0)})
    picture = Image.fromarray(portrait)
    data = {"shot.jpg": image("JPEG", picture, quality=92, exif=exif), "sent.jpg": image("JPEG", picture, quality=40)}
    plain = made_cases.record
    for name, content in data.items():
        (tmp_path / name).write_bytes(content)
        said = provenance_record(read_provenance(content, open_media(content)))
        made = plain(name) | {"provenance": said}
        made["faces"][0]["synthetic"] = {"label": SYNTHETIC, "p_synthetic": 0.875, "reason": None, "scope": ""}
        monkeypatch.setattr(made_cases, "record", lambda _, made=made: made)
        made_cases.keep(case, case.add_file(tmp_path / name)[0])
    write_report(case, tmp_path / "report.pdf")
    pages = words_of(PdfReader(tmp_path / "report.pdf"))
    whole = re.sub(r" Case [0-9a-f]{32} Page \d+ of \d+ Manifest SHA-256 [0-9a-f]{64} ?", " ", " ".join(pages))
    results = whole[whole.index("4. Results") : whole.index("5. Interpretation")]
    for field in (
        "Content credentials (C2PA), state “none”",
        "Its metadata name Camera X1 (camera)",
        "It was last saved as a JPEG with the standard's tables at quality 40",
        "format: JPEG",
        "Model: Camera X1",
        "A place is among them, which this report does not tell.",
        "Its perceptual hash (PDQ) of frame 0: ",
        "A copy of it is E4 (sent.jpg) of the case “A made case”",
        "A copy of it is E3 (shot.jpg) of the case “A made case”",
        f"Is the face wholly synthetic? {SYNTHETIC} (0.875).",
        NOT_READ,  # E1 and E2 have results of an older version
        "Whether a face is wholly synthetic was not asked.",
    ):
        assert field in results
    assert "GPSInfo" not in results


def test_synthetic_answers_of_many_faces_are_counted() -> None:
    answers = [(SYNTHETIC, 0.9), (UNKNOWN, None), (SYNTHETIC, 0.8)]
    faces = [
        {"frame": n, "track": 0, "synthetic": {"label": label, "p_synthetic": p, "reason": None}}
        for n, (label, p) in enumerate(answers)
    ]
    (said,) = synthetic_lines({"faces": faces})
    assert f"Of 3 that were asked about: {SYNTHETIC[0].lower()}{SYNTHETIC[1:]} in 2; " in said
    assert "highest probability is 0.900, at frame 0, face 1" in said


def test_a_report_has_what_archives_ask_for(case: CaseFolder, tmp_path: Path) -> None:
    write_report(case, tmp_path / "report.pdf")
    reader = PdfReader(tmp_path / "report.pdf")
    catalog: Any = reader.root_object
    (intent,) = catalog["/OutputIntents"]
    profile = ImageCms.ImageCmsProfile(io.BytesIO(intent["/DestOutputProfile"].get_data()))
    assert (intent["/S"], profile.profile.xcolor_space) == ("/GTS_PDFA1", "RGB ")
    told, own = reader.xmp_metadata, reader.metadata
    assert told
    assert own
    assert told.dc_title == {"x-default": own.title}
    assert (told.dc_creator, told.xmp_creator_tool) == ([own.author], own.creator)
    assert own.creation_date
    assert told.xmp_create_date == own.creation_date.astimezone(UTC).replace(tzinfo=None)


def test_what_cannot_be_drawn_is_written_as_its_code(case: CaseFolder, tmp_path: Path) -> None:
    case.note("half \U00013000 <b>&amp;</b>")
    write_report(case, tmp_path / "report.pdf")
    assert "half [U+13000] <b>&amp;</b>" in " ".join(words_of(PdfReader(tmp_path / "report.pdf")))


def test_a_report_of_a_changed_case_is_refused(case: CaseFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="A4 or Letter; what came is 'A5'"):
        write_report(case, tmp_path / "report.pdf", page="A5")
    next((case.root / "results").rglob("*.npz")).unlink()
    with pytest.raises(InputError, match="is missing, so the case is not exported"):
        write_report(case, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_the_answer_of_the_face_as_received_is_told() -> None:
    answers = {SIGNS: {"label": SIGNS}, NO_SIGN: {"label": NO_SIGN}, PROCESSED: {"label": PROCESSED}}
    faces = [{"attack": None, "attack_answer": answers[label]} for label in (NO_SIGN, SIGNS, NO_SIGN)]
    assert attack_words({"faces": faces}) == "Signs of an attack, 1 of 3 faces"
    attacked = {"attack": {"attack_answer_before": answers[PROCESSED]}, "attack_answer": answers[SIGNS]}
    assert attack_words({"faces": [attacked]}) == PROCESSED
    assert rejection_words({"no_verdict": "No verdict: too small."}) == "too small"
    assert attack_words({"faces": [{"attack": None, "attack_answer": None}]}) == "not asked"


def test_a_video_and_an_attack_are_told_in_the_words_of_verdicts() -> None:
    verdicts = [{"band": band, "p_fake": score} for band, score in (("Likely manipulated", 0.9), ("Inconclusive", 0.5))]
    tried = {"name": "pgd", "linf": 4 / 255, "before": verdicts[0], "after": verdicts[1]}
    faces = [{"frame": n, "track": 0, "verdict": one, "attack": tried} for n, one in enumerate([*verdicts, None])]
    video = {"frames_judged": 3, "p_fake": 0.7, "p_fake_interval": [0.5, 0.95]}
    assert video_words({"video": video, "faces": faces}) == (
        "Mean score over 3 judged frames: 0.700 (95 % interval 0.500 to 0.950). Of 2 faces judged in them: likely "
        "manipulated in 1, inconclusive in 1."
    )
    assert tried_attack_words(faces[0]) == (
        "Tried by the examiner on frame 0, face 1: the attack pgd, largest change 4/255. The verdict was “Likely "
        "manipulated” (0.900) before it and “Inconclusive” (0.500) after it."
    )
