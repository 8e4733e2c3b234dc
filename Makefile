# Each target is usable alone on a fresh Debian 12 or Ubuntu machine with Swift; the scripts install what is missing.

.PHONY: test demo bench lint docs simulate crash fuzz model mutants clean

test: ## build, test, sanitize, fuzz, and link selectively
	@bash Scripts/test.sh

demo: ## the main job on real, local data, then a live move; ONLY=copy, move or mongodb
	@ONLY='$(ONLY)' bash Scripts/demo.sh

bench: ## measure; ONLY=word selects, STRICT=1 fails on a missed bar
	@ONLY='$(ONLY)' STRICT='$(STRICT)' bash Scripts/bench.sh

simulate: ## whole migrations on virtual time; SEEDS=n, FIRST=seed
	@SEEDS='$(SEEDS)' FIRST='$(FIRST)' bash Scripts/simulate.sh

crash: ## killed, stalled and robbed processes; STORE=sqlite, mongodb or azure, ROUNDS=n, SEED=n
	@STORE='$(STORE)' ROUNDS='$(ROUNDS)' SEED='$(SEED)' bash Scripts/crash.sh

fuzz: ## the codecs on mutated inputs; COUNT=n, CUTOVER_SEED=seed
	@COUNT='$(COUNT)' bash Scripts/fuzz.sh

model: ## the cutover in Promela, searched by spin
	@bash Scripts/model.sh

mutants: ## deliberate bugs, each of which a named test must catch; ONLY=mutant
	@ONLY='$(ONLY)' bash Scripts/mutants.sh

lint: ## formatting, shell scripts, Markdown, and what must not be tracked
	@bash Scripts/lint.sh

docs: ## DocC archives without warnings, and a doc comment on every public symbol
	@bash Scripts/docs.sh

clean: ## remove build folders; downloads in .cache stay
	rm -rf .build .build-*
