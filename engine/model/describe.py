"""`python -m engine.model.describe`: which device and dtype a model would get here, as one line.

A process of its own, because importing torch takes seconds and its reader must not.
"""

from engine.model.device import choose_device, choose_dtype, choose_threads, device_name, free_bytes


def main() -> None:
    """Print the line."""
    device = choose_device("auto")
    dtype = str(choose_dtype("auto", device)).removeprefix("torch.")
    count = choose_threads(0)
    threads = f", {count} thread{'s' * (count > 1)}" if device.type == "cpu" else ""
    free = free_bytes(device) / 1024**3
    print(f"{device_name(device)}, {dtype}{threads}, {free:.1f} GiB of memory free")


if __name__ == "__main__":
    main()
