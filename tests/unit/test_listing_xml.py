"""Reading the answers of List Blobs."""

import pytest

from loupe_shared.adapters.listing_xml import count_page, read_page
from loupe_shared.container import CountedPage, Listed, ListedPage

# As the service's documentation shows it, shortened.
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<EnumerationResults ServiceEndpoint="https://a.blob.core.windows.net/" ContainerName="images">
  <Prefix>line 1/</Prefix><Marker>2!92!</Marker><MaxResults>4</MaxResults>
  <Blobs>
    <Blob>
      <Name>line 1/a &amp; ü &#x1F600;%20.jpg</Name>
      <Properties>
        <Creation-Time>Sun, 22 Nov 2026 12:00:00 GMT</Creation-Time>
        <Last-Modified>Sun, 22 Nov 2026 12:00:01 GMT</Last-Modified>
        <Etag>0x8DE29A7F1C2B3A4</Etag>
        <Content-Length>184320</Content-Length>
        <Content-Type>image/jpeg</Content-Type>
        <Content-Encoding /><ResourceType>file</ResourceType><BlobType>BlockBlob</BlobType>
      </Properties>
      <OrMetadata />
    </Blob>
    <Blob>
      <Name>line 1/folder</Name>
      <Properties><Etag>0x2</Etag><Content-Length>0</Content-Length><ResourceType>directory</ResourceType></Properties>
    </Blob>
    <Blob>
      <Name Encoded="true">line%201%2Fb%EF%BF%BF.jpg</Name>
      <Properties>
        <Last-Modified>Sun, 22 Nov 2026 12:00:02 GMT</Last-Modified><Etag>"0x3"</Etag>
        <Content-Length>7</Content-Length><Content-Type />
      </Properties>
    </Blob>
  </Blobs>
  <NextMarker>2!96!next</NextMarker>
</EnumerationResults>
"""


def test_a_page() -> None:
    moment = "Sun, 22 Nov 2026 12:00:0"
    assert read_page(PAGE.encode()) == ListedPage(
        [
            Listed("line 1/a & ü \U0001f600%20.jpg", "0x8DE29A7F1C2B3A4", f"{moment}1 GMT", 184320, "image/jpeg"),
            Listed("line 1/b\uffff.jpg", "0x3", f"{moment}2 GMT", 7, ""),
        ],
        "2!96!next",
    )


def test_a_byte_order_mark_and_an_empty_page() -> None:
    body = b"\xef\xbb\xbf<?xml version='1.0'?><EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"
    assert read_page(body) == ListedPage([], "")


def test_a_page_without_blobs_may_have_a_next_one() -> None:
    body = b"<EnumerationResults><Blobs /><NextMarker>n</NextMarker></EnumerationResults>"
    assert read_page(body) == ListedPage([], "n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"<Error><Code>x</Code></Error>",
        PAGE.encode()[:-40],
        b"<EnumerationResults><Blobs><Blob><Properties/></Blob></Blobs></EnumerationResults>",
        b"<EnumerationResults><Blob><Name>a</Name><Content-Length>x</Content-Length></Blob></EnumerationResults>",
    ],
)
def test_what_is_no_page(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"it is not|has no name|invalid literal"):
        read_page(body)


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        PAGE.replace("2!96!next", "a&amp;b&#x41;"),
        PAGE.replace("<NextMarker>2!96!next</NextMarker>", "<NextMarker />"),
        PAGE.replace("<NextMarker>2!96!next</NextMarker>", ""),
        PAGE.replace("<OrMetadata />", "<OrMetadata><![CDATA[<Blob>]]></OrMetadata>"),
        PAGE.replace("<OrMetadata />", "<!-- <Blob> -->"),
        "<EnumerationResults><Blobs /><NextMarker>n</NextMarker></EnumerationResults>",
        "<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>",
    ],
)
def test_a_page_is_counted_as_it_is_read(page: str) -> None:
    read = read_page(page.encode())
    assert count_page(page.encode()) == CountedPage(len(read.blobs), read.next)


def test_what_is_no_page_is_not_counted() -> None:
    with pytest.raises(ValueError, match="it is not a listing"):
        count_page(b"<a/>")
