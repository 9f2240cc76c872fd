"""Workers of billiard (Celery) by spawn, loaded behind the beginning of the run."""

from support import begin, work


def main():
    begin()
    import billiard

    for number in range(3):
        worker = billiard.get_context("spawn").Process(target=work, args=(number,))
        worker.start()
        worker.join()
        assert worker.exitcode == 0
    print("parent")


if __name__ == "__main__":
    main()
