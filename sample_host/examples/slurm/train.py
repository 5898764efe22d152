"""Stands for a training: train.py LR SEED RESULT_FILE. Told to stop, it ends early with what it has."""
import json
import random
import signal
import socket
import sys
import time

lr, seed, result_file = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
stopped = []
signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
chance = random.Random(seed)
loss = 1.0
for epoch in range(20):
    if stopped:
        sys.exit("told to stop, and not done")  # the run is pending again, and goes on with the study
    loss *= 1 - min(lr, 0.5) * chance.random()
    time.sleep(0.05)
with open(result_file, "w") as file:
    json.dump({"loss": loss, "node": socket.gethostname()}, file)
