"""A small world of feeds on loopback that grows when it is told to.

Source `n` is `/f/n.xml`: RSS for even numbers, Atom for odd ones, its newest 30 entries, with an ETag that is answered 304 when
it comes back. Entry `e` of it links to `/site/n/a/e.html`. `/x/FAULT/n.xml` is the same source with something wrong.
`/_/tick` gives a share of the sources a new entry or two; `/_/list?n=` names the sources; `?gen=0` shows one as it began.
"""
import gzip
import http.server
import threading
import time
import urllib.parse

WINDOW = 30
BEGIN = 1_780_000_000
FAULTS = ['500', '404', '403', 'truncated', 'html', 'empty', 'badgzip', 'loop']


class Farm:
    def __init__(self, sources):
        self.newest = [40 + n % 17 for n in range(sources)]
        self.first = list(self.newest)
        self.ticks = 0
        farm = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                farm.answer(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256

            def handle_error(self, *_):
                """A client that is killed takes its connection along."""

        self.server = Server(('127.0.0.1', 0), Handler)
        self.address = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tick(self, share):
        self.ticks += 1
        for n in range(len(self.newest)):
            if (n * 7919 + self.ticks * 104729) % 100 < share:
                self.newest[n] += 1 + (n + self.ticks) % 2

    def document(self, n, newest):
        rss = n % 2 == 0
        parts = []
        for e in range(newest - 1, max(newest - 1 - WINDOW, -1), -1):
            when, link = time.gmtime(BEGIN + e * 60), f'{self.address}/site/{n}/a/{e}.html'
            words = f'Entry {e} of source {n} tells what came to pass at hour {e % 24} beside the {("lake", "mill", "quay")[e % 3]}.'
            if rss:
                parts.append(f'<item><title>Entry {e} of {n}</title><link>{link}</link><guid isPermaLink="false">farm{n}-{e}</guid>'
                             f'<pubDate>{time.strftime("%a, %d %b %Y %H:%M:%S GMT", when)}</pubDate>'
                             f'<description>{words * 3}</description></item>')
            else:
                parts.append(f'<entry><id>tag:farm.example,2026:{n}/{e}</id><title>Entry {e} of {n}</title><link href="{link}"/>'
                             f'<updated>{time.strftime("%Y-%m-%dT%H:%M:%SZ", when)}</updated>'
                             f'<content type="html">&lt;p&gt;{words * 3}&lt;/p&gt;</content></entry>')
        body = ''.join(parts)
        if rss:
            return f'<rss version="2.0"><channel><title>Source {n}</title><link>{self.address}/site/{n}/</link>{body}</channel></rss>'
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Source {n}</title>{body}</feed>'

    def answer(self, request):
        url = urllib.parse.urlsplit(request.path)
        parts, query = url.path.strip('/').split('/'), dict(urllib.parse.parse_qsl(url.query))
        if parts[0] == 'f' and parts[1].removesuffix('.xml').isdigit():
            n = int(parts[1].removesuffix('.xml'))
            newest = self.first[n] if 'gen' in query else self.newest[n]
            tag = f'"{n}-{newest}"'
            if request.headers.get('If-None-Match') == tag:
                return send(request, 304, {'ETag': tag}, b'')
            body, headers = self.document(n, newest).encode(), {'Content-Type': 'application/xml', 'ETag': tag}
            if 'gzip' in request.headers.get('Accept-Encoding', ''):
                body, headers['Content-Encoding'] = gzip.compress(body, 1), 'gzip'
            return send(request, 200, headers, body)
        if parts[0] == 'x':
            return self.fail(request, parts[1], int(parts[2].removesuffix('.xml')))
        if parts == ['_', 'tick']:
            self.tick(int(float(query.get('share', 5))))
            return send(request, 200, {}, b'{}')
        if parts == ['_', 'list']:
            first = int(query.get('from', 0))
            lines = [f'{self.address}/f/{n}.xml' for n in range(first, first + int(query['n']))]
            return send(request, 200, {'Content-Type': 'text/plain'}, '\n'.join(lines).encode())
        return send(request, 404, {}, b'')

    def fail(self, request, fault, n):
        whole = self.document(n, self.newest[n]).encode()
        if fault.isdigit():
            return send(request, int(fault), {}, b'no')
        if fault == 'loop':
            return send(request, 302, {'Location': request.path}, b'')
        if fault == 'truncated':
            request.close_connection = True
            return send(request, 200, {'Content-Type': 'application/xml'}, whole[:len(whole) // 3], length=len(whole))
        if fault == 'badgzip':
            return send(request, 200, {'Content-Encoding': 'gzip'}, gzip.compress(whole)[:-40] + b'x' * 40)
        return send(request, 200, {}, b'<html><title>Out of order</title></html>' if fault == 'html' else b'')


def send(request, status, headers, body, length=None):
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    if status != 304:
        request.send_header('Content-Length', str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)
