#!/usr/bin/env bash
# Builds one image in Azure's registry and leaves it there: acr-build.sh SERVICE, with IMAGE=HOST/REPOSITORY:TAG.
set -euo pipefail
cd "$(dirname "$0")/.."
service=${1:?which service\'s image}
host=${IMAGE:?HOST/REPOSITORY:TAG of the image}
image=${host#*/}
host=${host%%/*}
case $service in model) file=docker/model.Dockerfile ;; *) file=docker/Dockerfile ;; esac
case $host in
*.azurecr.*) ;;
*)
    echo "loupe: $IMAGE is not in a registry of Azure: skaffold needs --default-repo ACCOUNT.azurecr.io" >&2
    exit 2
    ;;
esac
exec az acr run --registry "${host%%.*}" --file infra/acr-build.yaml \
    --set image="$image" --set file="$file" --set service="$service" \
    --set version="${image##*:}" --set revision="$(git rev-parse HEAD)" .
