/**
 * Ends dbt's queries on Trino when dbt itself is killed, e.g. for its memory. A small process of its own session that holds the other
 * end of a pipe: when the pipe closes, it cancels every query that was not reported as over, and ends. Part of the driver's program.
 */
export const QUERY_GUARD = String.raw`
GUARD = """
import json, os, ssl, sys, time, urllib.error, urllib.request

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
        context = ssl.create_default_context(**({("capath" if os.path.isdir(verify) else "cafile"): verify} if verify else {}))
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if cert:
            context.load_cert_chain(*cert)
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
        except Exception:
            continue
        queries.pop(query["id"])
    time.sleep(0.25 if queries else 0)
"""


def guard_queries():
    import requests.certs, subprocess
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
            guard.stdin.write(json.dumps(entry) + "\n")
            guard.stdin.flush()

    def watch(session, response, status):
        if not status.next_uri:
            return tell({"id": status.id})
        # What the environment says of certificates comes in as it does with each request.
        settings = session.merge_environment_settings(status.next_uri, {}, None, None, None)
        verify, cert = settings["verify"], settings["cert"]
        if verify:
            verify = os.path.abspath(requests.certs.where() if verify is True else verify)
        if cert:
            cert = [os.path.abspath(path) for path in ([cert] if isinstance(cert, str) else cert)]
        # The request that cancels has no body.
        headers = {name: value for name, value in response.request.headers.items() if not name.lower().startswith("content-")}
        tell({"id": status.id, "uri": status.next_uri, "headers": headers, "verify": verify, "cert": cert})

    # Whatever goes wrong with the watching, dbt's query is not to fail for it.
    def quietly(action, *values):
        try:
            action(*values)
        except Exception:
            pass

    def watched(self, response):
        try:
            status = process(self, response)
        except Exception as error:
            if getattr(error, "query_id", None):
                quietly(tell, {"id": error.query_id})
            raise
        quietly(watch, self._http_session, response, status)
        return status

    TrinoRequest.process = watched
`;
