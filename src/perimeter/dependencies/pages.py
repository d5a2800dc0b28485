"""Prints, as JSON, where indexes keep the files that are locked. Nothing but the indexes can be reached."""

import base64
import html.parser
import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

PAGE_BYTES_MAX = 64 << 20  # The largest pages of public indexes have some ten million.
SECONDS_MAX = 60

asked = json.load(sys.stdin)
hashes = set(asked["hashes"])
found = set()


class Links(html.parser.HTMLParser):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.urls = []

    def handle_starttag(self, tag, attributes):
        href = dict(attributes).get("href")
        if href and tag == "base":
            self.base = urllib.parse.urljoin(self.base, href)
        elif href and tag == "a":
            self.urls.append(urllib.parse.urljoin(self.base, href))


def context(host):
    cert = asked["files"].get("cert") or os.environ.get("REQUESTS_CA_BUNDLE")
    made = ssl.create_default_context(cafile=cert)
    if "client-cert" in asked["files"]:
        made.load_cert_chain(asked["files"]["client-cert"])
    if host in asked["unverified"]:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def fetch(url):
    parts = urllib.parse.urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())
    request.add_header("Accept", "application/vnd.pypi.simple.v1+json, text/html;q=0.5")
    if at:
        request.add_unredirected_header(
            "Authorization",
            "Basic " + base64.b64encode(urllib.parse.unquote(user if ":" in user else user + ":").encode()).decode(),
        )
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context(parts.hostname)))
    with opener.open(request, timeout=SECONDS_MAX) as answer:
        page = answer.read(PAGE_BYTES_MAX + 1)
        if len(page) > PAGE_BYTES_MAX:
            raise ValueError("the page is too large")
        return answer.geturl(), answer.headers.get_content_type(), page


def files(url, kind, page):
    """Addresses, and the hash that stands there if any."""
    if kind.endswith("+json"):
        for file in json.loads(page)["files"]:
            yield urllib.parse.urljoin(url, file["url"]), list(file.get("hashes", {}).values())
    else:
        links = Links(url)
        links.feed(page.decode(errors="replace"))
        for link in links.urls:
            link, _, mark = link.partition("#")
            yield link, [mark.partition("=")[2]] if "=" in mark else []


for url in asked["pages"]:
    try:
        for file, known in files(*fetch(url)):
            if not known or hashes.intersection(known):
                parts = urllib.parse.urlsplit(file)
                found.add(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    except (OSError, ValueError, KeyError) as error:
        # Of the error only its kind: the address may hold a password.
        code = getattr(error, "code", "")
        if code != 404:
            print(f"reading a page of an index: {type(error).__name__} {code}", file=sys.stderr)

print(json.dumps(sorted(found)))
