"""A reverse proxy that shows a server below a prefix of its own, as hospitals do."""

import contextlib
import http.server
import ssl
import threading

import requests

# Of the connection, not of the answer.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@contextlib.contextmanager
def below(url, prefix, certificate=None, is_up=lambda path: True):
    """Answers the address at which `url` is shown, with `prefix`; over HTTPS where a file with key and certificate is given. Where `is_up`
    says no to a path it answers 404 by itself, as some proxies do for what is not there."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def pass_on(self):
            if not (is_up(self.path) and self.path.startswith(prefix + "/")):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP}
            # As the client wishes, and not as the library that passes it on.
            headers.setdefault("Accept-Encoding", "identity")
            answer = requests.request(
                self.command, url + self.path.removeprefix(prefix), data=body, headers=headers, stream=True, allow_redirects=False
            )
            data = answer.raw.read()
            self.send_response(answer.status_code)
            for key, value in answer.headers.items():
                if key.lower() not in HOP:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = pass_on

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}{prefix}"
    server.shutdown()
    server.server_close()
