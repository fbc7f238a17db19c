#!/bin/sh
# For machines with Debian's packages, root, and no registry of images: installs Docker, starts it, and makes the image
# that is named from Debian's own Python, in place of python:3.13-slim.
#
#     tests/docker/debian.sh loupe-base:trixie
set -eu
image=$1
docker=/usr/bin/docker # another client of that name, without BuildKit, may come first on the PATH

if [ ! -x "$docker" ] || ! command -v dockerd docker-compose mmdebstrap >/dev/null; then
    apt-get update --quiet=2
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
        docker-compose docker.io iptables mmdebstrap >/dev/null
fi
if ! "$docker" info >/dev/null 2>&1; then
    setsid dockerd >/var/log/dockerd.log 2>&1 &
    for _ in $(seq 60); do
        ! "$docker" info >/dev/null 2>&1 || break
        sleep 1
    done
    "$docker" info >/dev/null || { tail -n 20 /var/log/dockerd.log >&2; exit 1; }
fi
if ! "$docker" image inspect "$image" >/dev/null 2>&1; then
    # Whom this machine trusts, pip trusts in the build, too.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='cp -r /usr/local/share/ca-certificates "$1/usr/local/share/"' \
        --customize-hook='chroot "$1" update-ca-certificates >/dev/null 2>&1' \
        trixie - | "$docker" import - "$image" >/dev/null
fi
