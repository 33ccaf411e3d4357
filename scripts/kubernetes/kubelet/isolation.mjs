/**
 * The command that starts a container. With `overlay` (root, Linux) it gets namespaces of its own for mounts, processes and host name, a
 * copy-on-write overlay over the image, the volumes at their paths, the user of the pod, and a read-only root where the pod asks for it.
 */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const DEFAULT_TERMINATION = "/dev/termination-log";
const DEVICES = "null zero full random urandom";

export function overlayCommand({ base, rootfs, hostname, mounts, termination, terminationPath, workdir, user, argv, security }) {
  const scratch = join(base, "m");
  mkdirSync(scratch, { recursive: true });
  const root = join(scratch, "root");
  const inside = (path) => quoted(root + path);
  const at = terminationPath ?? DEFAULT_TERMINATION;
  const lines = [
    "set -e",
    "mount --make-rprivate /",
    `hostname ${quoted(hostname)}`,
    `mount -t tmpfs -o mode=755 tmpfs ${quoted(scratch)}`,
    `mkdir ${quoted(scratch)}/up ${quoted(scratch)}/work ${quoted(root)}`,
    `mount -t overlay overlay -o lowerdir=${quoted(rootfs)},upperdir=${quoted(scratch)}/up,workdir=${quoted(scratch)}/work ${quoted(root)}`,
    `mkdir -p ${inside("/proc")} ${inside("/dev")} ${inside("/tmp")} ${inside("/etc")}`,
    `mount -t proc proc ${inside("/proc")}`,
    `mount -t tmpfs -o mode=755 tmpfs ${inside("/dev")}`,
    `for d in ${DEVICES}; do : > ${inside("/dev")}/$d; mount --bind /dev/$d ${inside("/dev")}/$d; done`,
    `mkdir -m 1777 ${inside("/dev/shm")}`,
    `ln -s /proc/self/fd ${inside("/dev/fd")}`,
    ...["stdin", "stdout", "stderr"].map((name, number) => `ln -s /proc/self/fd/${number} ${inside(`/dev/${name}`)}`),
    `mkdir -p ${inside(dirname(at))}; : > ${inside(at)}; mount --bind ${quoted(termination)} ${inside(at)}`,
    ...mounts.flatMap((mount) => mountLines(root, mount)),
    ...(workdir === "/" ? [] : [`mkdir -p ${inside(workdir)}`]),
    ...(security.readOnlyRootFilesystem ? [`mount -o remount,ro ${quoted(root)}`] : []),
  ];
  const bounded = security.allowPrivilegeEscalation === false ? "setpriv --no-new-privs " : "";
  const as = `--setgid=${user.gid} --setuid=${user.uid}`;
  lines.push(`exec ${bounded}unshare --root=${quoted(root)} --wd=${quoted(workdir)} ${as} -- ${argv.map(quoted).join(" ")}`);
  const command = ["unshare", ["--mount", "--uts", "--pid", "--fork", "--kill-child", "--", "sh", "-c", lines.join("\n")]];
  return { command, root };
}

function mountLines(root, { source, path, readOnly }) {
  const from = quoted(source);
  return [
    // A path of the image may lead over a link.
    `D=$(chroot ${quoted(root)} readlink -m ${quoted(path)} 2>/dev/null || echo ${quoted(path)}); D=${quoted(root)}$D`,
    `if [ -d ${from} ]; then mkdir -p "$D"; else mkdir -p "$(dirname "$D")"; : >> "$D"; fi; mount --bind ${from} "$D"`,
    ...(readOnly ? ['mount -o remount,bind,ro "$D"'] : []),
  ];
}

/** Without root: a plain child process. `LOCAL_KUBELET_ROOT` names the folder under which the volumes are. */
export function plainCommand({ base, mounts, argv }) {
  const root = join(base, "root");
  for (const { source, path } of mounts) {
    mkdirSync(dirname(root + path), { recursive: true });
    if (!existsSync(root + path)) symlinkSync(source, root + path);
  }
  return { command: [argv[0], argv.slice(1)], root };
}

function quoted(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}
