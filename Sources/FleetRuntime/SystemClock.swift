import CClock

/// What the kernel knows about its clock.
public enum SystemClock {
    /// Whether a time service keeps it; false also where the kernel may not be asked.
    public static func isSynchronised() -> Bool { vf_clock_synchronised() == 1 }
}
