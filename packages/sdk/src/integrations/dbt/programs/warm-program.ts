/**
 * The Python programs of a warm dbt. The server imports dbt, reads the project once and then forks for every command, so that each
 * command has an untouched project in memory, a process of its own and nothing to import. The launcher is what our process starts for
 * a command: it hands its own stdin, stdout and stderr to the fork and ends as the fork ends, so a command looks the same warm or not.
 *
 * Socket 3 goes from the launcher to the server; it carries the path of the request and five descriptors: stdin, stdout, stderr, a pipe
 * for "started <pid>" and "exit <code>", and a pipe with the environment that stays open as long as the launcher lives.
 */
import { DBT_DRIVER } from "./driver.ts";

/** Argument 1: {"parse": [...], "folders": [...], "idle": seconds, "folder": "..."}. Ends when stdin ends, when idle, or on a signal. */
export const DBT_SERVER = `${DBT_DRIVER}
import gc, select, shutil, socket


def announce(line):
    os.write(1, (json.dumps(line) + "\\n").encode())


def resident_mb():
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS:"))
    except Exception:
        return None


def read_all(descriptor, length):
    data = b""
    while len(data) < length:
        part = os.read(descriptor, length - len(data))
        if not part:
            os._exit(137)
        data += part
    return data


def follow(life):
    # The launcher is gone: it was killed, and this process with it.
    os.read(life, 1)
    os._exit(137)


def child(path, descriptors, manifest):
    stdin, stdout, stderr, status, life = descriptors
    for number, descriptor in enumerate((stdin, stdout, stderr)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.write(status, b"started %d\\n" % os.getpid())
    length = int.from_bytes(read_all(life, 8), "big")
    pairs = [entry.partition(b"=") for entry in read_all(life, length).split(b"\\0") if entry]
    os.environb.clear()
    os.environb.update({name: value for name, _, value in pairs})
    threading.Thread(target=follow, args=(life,), daemon=True).start()
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    run(request, manifest, lambda code: os.write(status, b"exit %d\\n" % code))


def serve(options):
    from dbt.cli.main import dbtRunner
    import dbt.version, google.protobuf.json_format, multiprocessing.util

    began = time.monotonic()
    ignore_folders(options["folders"])
    restore = say_everything()
    parsed = dbtRunner().invoke(options["parse"])
    restore()
    shutil.rmtree(options["folder"], ignore_errors=True)
    if not parsed.success:
        announce({"failed": str(parsed.exception)})
        return
    manifest = parsed.result
    gc.collect()
    gc.freeze()
    if threading.active_count() != 1:
        announce({"failed": "it has more than one thread, and only a process with one can be forked safely"})
        return
    control = socket.socket(fileno=3)
    control.setblocking(True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    packages = os.path.dirname(os.path.dirname(os.path.abspath(dbt.version.__file__)))
    announce({"ready": {"pid": os.getpid(), "mb": resident_mb(), "seconds": time.monotonic() - began, "packages": packages}})
    while True:
        readable, _, _ = select.select([0, control], [], [], options["idle"])
        if not readable or (0 in readable and not os.read(0, 1)):
            return
        if control not in readable:
            continue
        # The system keeps messages apart that carry descriptors along.
        path, descriptors, _, _ = socket.recv_fds(control, 8192, 5)
        if not path:
            return
        if len(descriptors) == 5 and os.fork() == 0:
            try:
                control.close()
                child(path.decode(), descriptors, manifest)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(2)
        for descriptor in descriptors:
            os.close(descriptor)


signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
serve(json.loads(sys.argv[1]))
`;

const TAKE_SECONDS = 10;
/** Exit code of the launcher when no fork took the command. */
export const NOT_TAKEN = 75;

/** Argument 1: the file of the request. Imports next to nothing, because it is started for every command. */
export const DBT_LAUNCHER = `
import _socket, array, os, select, signal, sys

pid = None
wanted = []


def forward(number, frame):
    if pid is None:
        wanted.append(number)
    else:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


signal.signal(signal.SIGINT, forward)
signal.signal(signal.SIGTERM, forward)
status, status_end = os.pipe()
life_end, life = os.pipe()
try:
    control = _socket.socket(fileno=3)
    control.sendmsg([sys.argv[1].encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [0, 1, 2, status_end, life_end]))])
except OSError:
    os._exit(${NOT_TAKEN})
for descriptor in (status_end, 0, 1, 2, 3):
    os.close(descriptor)

# A server that hangs is no help either. Should it wake up later, its fork finds nobody on the other side and ends.
answered, _, _ = select.select([status], [], [], ${TAKE_SECONDS})
said = os.read(status, 100) if answered else b""
if not said:
    os._exit(${NOT_TAKEN})
os.close(life_end)
pid = int(said.split()[1])
for number in wanted:
    forward(number, None)
try:
    environment = b"\\0".join(name + b"=" + value for name, value in os.environb.items())
    data = len(environment).to_bytes(8, "big") + environment
    while data:
        data = data[os.write(life, data):]
except OSError:
    pass
_, _, rest = said.partition(b"\\n")
while True:
    part = os.read(status, 100)
    if not part:
        break
    rest += part
if rest.startswith(b"exit "):
    os._exit(int(rest.split()[1]))
# The fork was killed; whoever started this process is to see it so.
signal.signal(signal.SIGTERM, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGKILL)
`;
