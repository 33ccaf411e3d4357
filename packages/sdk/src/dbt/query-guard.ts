/**
 * What ends dbt's queries on Trino when dbt itself is killed, e.g. for its memory? A small process of its own session that holds the other
 * end of a pipe: when the pipe closes, it cancels every query that was not reported as over, and ends. Part of the driver's program.
 */
export const QUERY_GUARD = String.raw`
GUARD = """
import json, ssl, sys, time, urllib.error, urllib.request

queries = {}
for line in sys.stdin:
    entry = json.loads(line)
    if "uri" in entry:
        queries[entry["id"]] = entry
    else:
        queries.pop(entry["id"], None)


def cancel(query):
    context = None
    if query["uri"].startswith("https:"):
        verify, cert = query["verify"], query["cert"]
        context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if cert:
            context.load_cert_chain(*([cert] if isinstance(cert, str) else cert))
    request = urllib.request.Request(query["uri"], method="DELETE", headers=query["headers"])
    urllib.request.urlopen(request, timeout=5, context=context).close()


end = time.monotonic() + 30
while queries and time.monotonic() < end:
    for query in list(queries.values()):
        try:
            cancel(query)
        except urllib.error.HTTPError as error:
            if error.code in (429, 502, 503, 504):
                continue
        except OSError:
            continue
        queries.pop(query["id"])
    time.sleep(0.25 if queries else 0)
"""


def guard_queries():
    import subprocess
    from trino.client import TrinoRequest

    guard = subprocess.Popen(
        [sys.executable, "-I", "-c", GUARD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
        cwd="/",
    )
    telling = threading.Lock()
    process = TrinoRequest.process

    # Credentials go through the pipe, where ps does not show them.
    def tell(entry):
        with telling:
            try:
                guard.stdin.write(json.dumps(entry) + "\n")
                guard.stdin.flush()
            except (OSError, ValueError):
                pass

    def watched(self, response):
        try:
            status = process(self, response)
        except Exception as error:
            if getattr(error, "query_id", None):
                tell({"id": error.query_id})
            raise
        if status.next_uri:
            session = self._http_session
            headers = dict(response.request.headers)
            tell({"id": status.id, "uri": status.next_uri, "headers": headers, "verify": session.verify, "cert": session.cert})
        else:
            tell({"id": status.id})
        return status

    TrinoRequest.process = watched
`;
