# Everything that people and CI call. `make help` lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1 && command -v $$p && break; done)
BIN := .venv/bin
FRONTEND := services/frontend
SCRIPT := $(BIN)/python services/local/bootstrap.py script
PACKAGES := shared client cli services/ingestion services/inference services/results services/query services/reconciler services/batch services/training services/local
CODE := shared client cli services charts infra tests models requirements docker bench notebooks

# Settings of `make run`, all optional: IMAGES=folder ONCE=1 BLOB_PORT= QUEUE_PORT= API_PORT= INGESTION_PORT= METRICS_PORT=
RUN_OPTIONS := $(if $(IMAGES),--images "$(IMAGES)") $(if $(ONCE),--once) \
	$(if $(BLOB_PORT),--blob-port $(BLOB_PORT)) $(if $(QUEUE_PORT),--queue-port $(QUEUE_PORT)) \
	$(if $(API_PORT),--api-port $(API_PORT)) $(if $(INGESTION_PORT),--ingestion-port $(INGESTION_PORT)) \
	$(if $(METRICS_PORT),--metrics-port $(METRICS_PORT))

# Settings of `make train-example`.
EXAMPLE := .loupe/train-example
VERSION ?= 1
SPLIT_BY ?= module

# Settings of `make deploy`.
RELEASE ?= loupe
NAMESPACE ?= loupe
OVERLAY ?= prod-cpu
OVERLAYS := $(if $(filter prod-gpu prod-spot,$(OVERLAY)),prod-cpu) $(OVERLAY)

# Container images: all services, the command line, and the model. Those with a GPU and training take gigabytes, and are
# built when they are named: SERVICE=inference-gpu, SERVICE=training.
IMAGES_CPU := $(filter-out inference-gpu% training,$(basename $(notdir $(wildcard requirements/images/*.txt)))) model
CHOSEN := $(or $(SERVICE),$(IMAGES_CPU))
DOCKER ?= docker
REGISTRY ?= loupe
TAG ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)
REVISION := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
comma := ,
BUILD_OPTIONS := $(if $(BASE),--build-arg BASE=$(BASE)) $(if $(PIP_CONFIG_FILE),--secret src=$(PIP_CONFIG_FILE)$(comma)id=pip)

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## Start everything, classify pictures, show the answers, stay until Ctrl-C (IMAGES=folder, ONCE=1)
	@$(BIN)/loupe up $(RUN_OPTIONS)

.PHONY: setup
setup: .venv/ready services/local/node_modules/ready frontend ## Make the environment that everything else runs in

.PHONY: frontend
frontend: $(FRONTEND)/dist/index.html ## Build the web front end

.PHONY: test
test: setup $(if $(ARGS),,.venv-training/ready) tests/cosmos_emulator/node_modules/ready tests/chart/node_modules/ready ## Run every test (ARGS="-k name" chooses, PROCESSES=2 is faster)
	@$(SCRIPT) $(FRONTEND) test
	@$(BIN)/pytest $(if $(PROCESSES),--numprocesses $(PROCESSES) --dist loadfile) $(ARGS)
	@$(if $(ARGS),,$(MAKE) test-training)

# Their environment has torch, and none of the servers that the other tests start: the notebook starts them with .venv.
.PHONY: test-training
test-training: setup .venv-training/notebook ## Run the tests of training, in its own environment (ARGS="-k name" chooses)
	@.venv-training/bin/python -m pytest --confcutdir=tests/training tests/training $(ARGS)

.PHONY: chart-test
chart-test: setup tests/chart/node_modules/ready ## Test the Helm chart alone, as `make test` does
	@$(BIN)/pytest tests/chart $(ARGS)

.PHONY: chart-audit
chart-audit: .venv/ready .venv-checkov/ready tests/chart/node_modules/ready ## Let Checkov look for weaknesses in what the chart renders
	@$(BIN)/python -m tests.chart.audit

.PHONY: lint
lint: .venv/ready $(FRONTEND)/node_modules/ready ## Check style, types and import rules
	@$(SCRIPT) $(FRONTEND) check
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: fmt
fmt: .venv/ready $(FRONTEND)/node_modules/ready ## Format the code and mend what can be mended
	@$(SCRIPT) $(FRONTEND) fix
	@$(BIN)/ruff check --fix-only $(CODE)
	@$(BIN)/ruff format $(CODE)

# The services run in the environment that they are made for, so that no tool of the benchmark's changes how fast they are.
.PHONY: bench
bench: setup .venv-bench/ready tests/cosmos_emulator/node_modules/ready ## Measure what an image costs, and where (ARGS="--quick plumbing latency" chooses)
	@.venv-bench/bin/python -m bench $(ARGS)

.PHONY: scaling
scaling: .venv-bench/ready ## Simulate days of traffic with the chart's settings, and write docs/scaling.md
	@.venv-bench/bin/python -m bench.scaling study

# The head is fitted with torch, and the queue needs no more than the training environment has.
.PHONY: active-learning
active-learning: .venv-training/ready ## Measure how many labels the review queue saves (needs Debian's dataset-fashion-mnist)
	@PYTHONPATH=services/query .venv-training/bin/python -m bench.active_learning $(ARGS)

.PHONY: infra-check
infra-check: .venv-infra/ready ## Check the templates of Azure's resources against Azure's own models
	@.venv-infra/bin/python -m infra.checks.properties

.PHONY: deploy
deploy: ## Install or upgrade Loupe in the cluster that kubectl names (OVERLAY=prod-cpu, VALUES=file, TAG=version)
	@$(if $(VALUES),,echo "loupe: VALUES= must name the file of your installation's own values: docs/deploy-azure.md makes it" >&2; exit 2;) \
	helm upgrade --install $(RELEASE) charts/loupe --namespace $(NAMESPACE) --create-namespace --rollback-on-failure --timeout 20m \
		$(foreach overlay,$(OVERLAYS),--values charts/loupe/overlays/values-$(overlay).yaml) --values "$(VALUES)" \
		$(if $(TAG),--set-string image.tag=$(TAG))

.PHONY: docs
docs: .venv/ready $(FRONTEND)/node_modules/ready ## Write the documentation and the types that are made from code
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m charts.generate
	@$(SCRIPT) $(FRONTEND) types

.PHONY: screenshots
screenshots: setup ## Take the pictures of all pages that the documentation shows
	@$(BIN)/pytest tests/e2e/browser/test_screenshots.py --screenshots docs/screens

.PHONY: sessions
sessions: setup ## Write the terminal sessions that the documentation shows
	@$(BIN)/pytest tests/e2e/test_cli_page.py --sessions

.PHONY: images
images: frontend ## Build the container images (SERVICE=one, BASE=image, REGISTRY=, TAG=)
	@for image in $(CHOSEN); do \
		file=docker/Dockerfile; [ $$image = model ] && file=docker/model.Dockerfile; \
		echo "loupe: building $(REGISTRY)/$$image:$(TAG)"; \
		DOCKER_BUILDKIT=1 $(DOCKER) build --quiet --file $$file --tag $(REGISTRY)/$$image:$(TAG) --build-arg SERVICE=$$image \
			--build-arg VERSION=$(TAG) --build-arg REVISION=$(REVISION) $(BUILD_OPTIONS) . >/dev/null || exit; \
	done

.PHONY: push
push: images ## Build the container images and push them (the same settings)
	@for image in $(CHOSEN); do $(DOCKER) push --quiet $(REGISTRY)/$$image:$(TAG) || exit; done

.PHONY: sbom
sbom: .venv-docker/ready ## Write a bill of materials for each container image into sbom/ (SERVICE=one)
	@mkdir -p sbom
	@for image in $(filter-out model,$(CHOSEN)); do \
		.venv-docker/bin/cyclonedx-py requirements --output-reproducible --output-file sbom/$$image.cdx.json \
			requirements/images/$$image.txt || exit; \
	done

.PHONY: docker-test
docker-test: setup .venv-docker/ready tests/chart/node_modules/ready ## Test the container images, with Docker (BASE=image)
	@BASE=$(BASE) DOCKER=$(DOCKER) $(BIN)/pytest tests/docker -m docker $(ARGS)

.PHONY: train-example
train-example: setup .venv-training/elpv ## Train the worked example and let it answer (VERSION=2 SPLIT_BY=cell ARGS="--seed 1", ONCE=1, ONLY_TRAIN=1)
	@.venv-training/bin/python -m loupe_training example $(EXAMPLE) --version $(VERSION) --split-by $(SPLIT_BY) $(ARGS)
	@$(if $(ONLY_TRAIN),,$(BIN)/python -m loupe_local.deploy $(EXAMPLE)/version-$(VERSION)/bundle $(EXAMPLE)/snapshot-$(SPLIT_BY) \
		--state $(EXAMPLE)/state $(if $(ONCE),--once))

.PHONY: notebook
notebook: setup .venv-training/notebook ## Run the notebook of training, and keep what it shows
	@.venv-training/bin/python notebooks/execute.py notebooks/transfer_learning.ipynb

.PHONY: train-surfaces
train-surfaces: .venv-training/ready ## Train the second example, drawn surfaces, and let heatmaps point at their defects
	@.venv-training/bin/python -m loupe_training surfaces .loupe/train-surfaces $(ARGS)

.PHONY: model
model: .venv-model/ready ## Make the model bundle from its published weights, and check it against torch
	@.venv-model/bin/python -W ignore models/efficientnet-lite0/export.py
	@$(MAKE) quantize
	@.venv-model/bin/python -m pytest -W default models

.PHONY: quantize
quantize: .venv/ready ## Make the int8 graph of a model bundle, if it is good enough (MODEL=bundle, IMAGES=folder with labels.csv)
	@$(BIN)/python -W ignore models/quantize.py $(or $(MODEL),models/efficientnet-lite0) $(or $(IMAGES),samples)

.PHONY: lock
lock: .venv/ready ## Choose the newest versions of all dependencies anew
	@$(BIN)/python requirements/compile.py

.PHONY: clean
clean: ## Remove environments, data and caches
	@rm -rf .venv .venv-* .loupe sbom .*_cache .hypothesis services/*/node_modules tests/*/node_modules $(FRONTEND)/dist

.venv/ready: requirements/lock.txt $(PACKAGES:%=%/pyproject.toml)
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv requirements/lock.txt $(PACKAGES)
	@touch $@

.venv-model/ready: models/efficientnet-lite0/requirements.txt shared/pyproject.toml services/training/pyproject.toml
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv-model models/efficientnet-lite0/requirements.txt shared services/training
	@touch $@

.venv-training/ready: services/training/requirements.txt shared/pyproject.toml client/pyproject.toml services/training/pyproject.toml
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv-training services/training/requirements.txt shared client services/training
	@touch $@

# What the notebook needs, too, and nobody who only trains.
.venv-training/notebook: services/training/notebook.txt .venv-training/ready
	@.venv-training/bin/python -m pip --disable-pip-version-check install --quiet --requirement services/training/notebook.txt
	@touch $@

# Not for commercial use (CC-BY-NC-SA-4.0), so nothing but the example installs it.
.venv-training/elpv: .venv-training/ready
	@.venv-training/bin/python -m pip --disable-pip-version-check install --quiet --no-deps elpv-dataset==1.0.0.post1
	@touch $@

.venv-docker/ready: requirements/docker.txt
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv-docker requirements/docker.txt
	@touch $@

.venv-bench/ready: requirements/bench.txt $(PACKAGES:%=%/pyproject.toml)
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv-bench requirements/bench.txt $(PACKAGES)
	@touch $@

.venv-checkov/ready: requirements/checkov.txt
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv-checkov requirements/checkov.txt
	@touch $@

.venv-infra/ready: requirements/infra.txt
	$(if $(PYTHON),,$(error Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one, or name it with PYTHON=))
	@"$(PYTHON)" services/local/bootstrap.py python .venv-infra requirements/infra.txt
	@touch $@

$(FRONTEND)/dist/index.html: $(shell find $(FRONTEND)/src $(FRONTEND)/public $(FRONTEND)/*.html $(FRONTEND)/*.ts -type f 2>/dev/null) | $(FRONTEND)/node_modules/ready
	@$(SCRIPT) $(FRONTEND) build

%/node_modules/ready: %/package-lock.json | .venv/ready
	@$(BIN)/python services/local/bootstrap.py node $*
	@touch $@
