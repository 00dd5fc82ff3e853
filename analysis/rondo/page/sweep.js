function showSweep(page) {}
