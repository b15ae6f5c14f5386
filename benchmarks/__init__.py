"""What the project promises, measured. `python -m benchmarks [NAME] [--quick]`; figures of one run stand in README.md."""
