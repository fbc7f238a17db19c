"""What an image costs, and where: ``make bench``.

    pictures, null model ─► storage ─► pipeline ─► measurements ─┐
                            yardsticks, before and after each ───┴─► figures ─► table, results/*.json, stages.svg

It is a benchmark and not a test: figures are medians of repeated runs on one machine, with their spread. CPU is the
time that processes spent on a CPU, in user mode and in the kernel. Machines drift, so every ratio is to a yardstick
that ran right before and right after what it is compared with.
"""
