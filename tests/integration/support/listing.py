# SPDX-License-Identifier: Apache-2.0
"""Answers of ListObjectsV2, made up."""

import urllib.parse
from xml.sax.saxutils import escape


def page(*objects, next_token=None):
    """The body of one page. An object is a key, or (key, size, modification time)."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
             f"<EncodingType>url</EncodingType><KeyCount>{len(objects)}</KeyCount><MaxKeys>1000</MaxKeys>"
             f"<IsTruncated>{'true' if next_token else 'false'}</IsTruncated>"]
    if next_token:
        parts.append(f"<NextContinuationToken>{escape(next_token)}</NextContinuationToken>")
    for entry in objects:
        key, size, modified = entry if isinstance(entry, tuple) else (entry, 70, "2026-01-31T23:59:00.000Z")
        parts.append(f"<Contents><Key>{urllib.parse.quote(key, safe='')}</Key><LastModified>{modified}</LastModified><ETag>&quot;0123abcd&quot;</ETag>"
                     f"<Size>{size}</Size></Contents>")
    return "".join(parts) + "</ListBucketResult>"
