#!/usr/bin/env bash
# A 64-bit Arm Python with ONNX Runtime under QEMU, for the device arm-cpu-qemu: no root rights, no chroot.
#
#     devices/setup-arm-cpu-qemu.sh [FOLDER]     # ~/.cache/hwnas/arm-cpu-qemu, where the device file looks
#
# Needs apt (Debian or like it), qemu-user-static and pip; installs the former two packages' users' part itself
# where it is root. Afterwards FOLDER/python3 is the Arm Python, with TVM's runtime too, and
# FOLDER/tvm-server TRACKER_HOST:PORT KEY serves models for it; running the script again does nothing. TVM's way also needs
# a linker for Arm here (g++-aarch64-linux-gnu), which is installed where it is root.
set -euo pipefail
folder=${1:-$HOME/.cache/hwnas/arm-cpu-qemu}
onnxruntime=1.22.1 # newer ones die at import under QEMU 7.2
tvm=0.27.0.post1 tvm_ffi=0.1.14.post1

if [ "$(id -u)" = 0 ] && ! command -v aarch64-linux-gnu-g++ >/dev/null; then
    apt-get install -y -qq g++-aarch64-linux-gnu >/dev/null || true
fi
[ -x "$folder/tvm-server" ] && [ -x "$folder/python3" ] && "$folder/python3" -c 'import onnxruntime' 2>/dev/null && exit 0

qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if [ -z "$qemu" ] && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq qemu-user-static
    qemu=$(command -v qemu-aarch64-static)
fi
[ -n "$qemu" ] || { echo "qemu-aarch64-static is missing. Install it with: apt-get install qemu-user-static" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root" "$work/site"
touch "$work/status"
arm=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists="$work/lists"
    -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
apt-get "${arm[@]}" update -qq
version=$(apt-cache "${arm[@]}" show python3 | sed -n 's/^Version: \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
packages=$(apt-cache "${arm[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances "python$version-minimal" "libpython$version-stdlib" libstdc++6 libgomp1 |
    grep -E '^[a-z0-9]' | grep -vE '^(dpkg|perl|debconf|cdebconf|tar|media-types|mime-support|tzdata)' | sort -u)
(cd "$work/debs" && for package in $packages; do
    apt-get "${arm[@]}" download -qq "$package" 2>/dev/null || true # names that others provide
done)
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done

python3 -m pip download -q --no-deps --only-binary=:all: --dest "$work/wheels" --python-version "$version" \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
    --platform manylinux2014_aarch64 "onnxruntime==$onnxruntime" 'numpy<2.4' protobuf coloredlogs humanfriendly \
    flatbuffers packaging sympy mpmath "apache-tvm==$tvm" "apache-tvm-ffi==$tvm_ffi" tornado psutil cloudpickle \
    ml_dtypes typing_extensions
for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/site"; done

cat > "$work/python3" <<EOF
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
export PYTHONPATH="\$here/site\${PYTHONPATH:+:\$PYTHONPATH}"
exec "$qemu" -L "\$here/root" -cpu cortex-a76 "\$here/root/usr/bin/python$version" "\$@"
EOF
cat > "$work/tvm-server" <<'EOF'
#!/bin/sh
# Serve models for the tracker at $1 under the key $2. A server starts its workers with sys.executable, an Arm program.
here=$(dirname "$(readlink -f "$0")")
exec "$here/python3" -c 'import runpy, sys
sys.executable = sys.argv.pop(1)
runpy.run_module("tvm.exec.rpc_server", run_name="__main__")' "$here/python3" --host=127.0.0.1 --tracker="$1" --key="$2"
EOF
chmod +x "$work/python3" "$work/tvm-server"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mkdir "$folder"
mv "$work/root" "$work/site" "$work/python3" "$work/tvm-server" "$folder"
"$folder/python3" -c 'import platform, onnxruntime; print("onnxruntime", onnxruntime.__version__, "on", platform.machine())'
