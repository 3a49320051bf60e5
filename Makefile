# Two commands do everything: `make demo` and `make test`. Both install what they need into .venv.
ACTIVATE := . .venv/bin/activate
CONFORMANCE := embedded_ros/test/conformance

.PHONY: demo test conformance lint install clean

demo:  ## a robot finishes a LIBERO task in the real simulator; the report goes to ./report
	@scripts/install.sh
	@$(ACTIVATE) && ros2 launch segue libero.launch.py report_dir:=report

test:  ## unit tests, real nodes over DDS, the real simulator
	@scripts/install.sh test
	@$(ACTIVATE) && python -m pytest

conformance:  ## what ROS 2 promises, on the sourced ROS 2 if there is one, else on embedded_ros
	@if [ -n "$$AMENT_PREFIX_PATH" ]; then cd $(CONFORMANCE) && python3 -m pytest; \
	else scripts/install.sh test && $(ACTIVATE) && cd $(CONFORMANCE) && python -m pytest; fi

lint:  ## what CI checks besides the tests
	@scripts/install.sh test
	@$(ACTIVATE) && ruff check . && mypy

install:  ## set-up only
	@scripts/install.sh

clean:  ## remove what was installed and made
	rm -rf .venv .venv-uv report build install log *.egg-info
