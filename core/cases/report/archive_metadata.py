"""Give a PDF what archives ask for: metadata as XMP, and the colours' meaning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from PIL import ImageCms
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
}
COLOURS = "sRGB IEC61966-2.1"


def add_archive_metadata(document: Any) -> None:
    """Add XMP metadata that equal the document's own, and sRGB as its output intent.

    `document` is a canvas's `PDFDocument`, before it is saved.
    """
    catalog = document.Catalog
    xmp = _stream({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")}, _xmp(document).encode())
    profile = _stream({"N": 3}, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    intent = PDFDictionary(
        {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString(COLOURS),
            "Info": PDFString(COLOURS),
            "DestOutputProfile": document.Reference(profile),
        }
    )
    catalog.Metadata, catalog.OutputIntents = xmp, PDFArray([intent])
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents"]  # reportlab writes what is named there
    catalog.__Refs__ = [*catalog.__Refs__, "OutputIntents"]


def _stream(facts: dict[str, Any], content: bytes) -> PDFStream:
    return PDFStream(PDFDictionary(facts), content, filters=())  # archives want to read it without a decoder


def _xmp(document: Any) -> str:
    """Write the packet (ISO 16684) with the document's own facts and time."""
    facts, when = document.info, datetime.fromtimestamp(document._timeStamp.t, UTC).isoformat(timespec="seconds")
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {spaces}><rdf:Description rdf:about="">'
        f"<dc:format>application/pdf</dc:format>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(facts.title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(facts.author)}</rdf:li></rdf:Seq></dc:creator>"
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(facts.subject)}</rdf:li></rdf:Alt>'
        f"</dc:description><xmp:CreatorTool>{escape(facts.creator)}</xmp:CreatorTool>"
        f"<xmp:CreateDate>{when}</xmp:CreateDate><xmp:ModifyDate>{when}</xmp:ModifyDate>"
        f"<pdf:Producer>{escape(facts.producer)}</pdf:Producer>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )
