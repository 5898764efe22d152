"""Sorts so many random numbers, and prints how long that took."""

import json
import random
import sys
import time

numbers = [random.random() for _ in range(int(float(sys.argv[1])))]
begin = time.perf_counter()
numbers.sort()
print(json.dumps({"seconds": time.perf_counter() - begin}))
