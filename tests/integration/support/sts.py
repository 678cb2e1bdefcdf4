# SPDX-License-Identifier: Apache-2.0
"""An STS in front of moto's."""

import http.server
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request


class Sts(http.server.ThreadingHTTPServer):
    """STS as moto plays it, over TLS where an authority is given. `forms` has the parameters of each request."""

    def __init__(self, moto, authority=None):
        self.moto, self.forms, self.headers, self.refuses = moto, [], [], False
        super().__init__(("127.0.0.1", 0), _StsHandler)
        if authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.sign("sts", "/CN=sts", "IP:127.0.0.1"))
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if authority else 'http'}://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that refuses the certificate is no error of the server."""


class _StsHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.forms.append(dict(urllib.parse.parse_qsl(body.decode())))
        self.server.headers.append(dict(self.headers))
        if self.server.refuses:
            return self.reply(403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
        request = urllib.request.Request(self.server.moto, data=body, method="POST",
                                         headers={"Content-Type": self.headers["Content-Type"], "Host": "sts.us-east-1.amazonaws.com"})
        try:
            reply = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            reply = error
        self.reply(reply.status if hasattr(reply, "status") else reply.code, reply.read())

    def reply(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
