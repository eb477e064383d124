# Recipes for developers; `just --list` shows them.

# Everything that is checked without running the program.
check:
    ruff check .
    ruff format --check .
    mypy
    PYTHONPATH=.:kernels lint-imports --no-cache
    ! grep -nE 'https?://|__archiveUrl' extension/yarn.lock

# Put the code into the style of the house.
format:
    ruff format .
    ruff check --fix .

# The fast tests: no engines, no kernels, no browser.
quick:
    pytest tests -m "not engines and not browser and not notebooks"

# All tests, as CI runs them.
test *ARGS:
    tests/run {{ARGS}}

# Work in place: edits to Python are seen at once, edits to TypeScript after `just front`.
develop:
    pip install -e '.[dev]'
    jupyter-builder develop . --overwrite

# Build the front end of a checkout that `develop` has set up.
front:
    cd extension && jlpm run build

# Remove everything that was built.
clean:
    rm -rf build dist eflows_nb/labextension eflows_nb/static extension/lib extension/lib-test extension/tsconfig.tsbuildinfo
