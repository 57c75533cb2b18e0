import Configuration
import FleetModel

extension Policy {
    public func validate(_ check: SectionCheck) {
        checkKeys(check)
        checkSchedule(check)
        switch action {
        case .snapshot: checkSnapshots(check)
        case .update: checkUpdate(check)
        case .guest: if command == nil { check.problem("command", "expected a command of the VMs' profiles, got none") }
        case .power: break
        }
    }

    private func checkSchedule(_ check: SectionCheck) {
        let graces = Interval.seconds(60)...Interval.seconds(7 * 86_400)
        if !graces.contains(grace) { check.problem("grace", "expected from 1m to 7d, got \(grace)") }
        if recurrence.utf8.count > 500 { check.problem("recurrence", "expected at most 500 bytes") }
        if requirements.count > JobConditions.maximumRequirements {
            check.problem("requirements", "expected at most \(JobConditions.maximumRequirements)")
        }
        checkNotice(check)
        if notice != .seconds(0), notice >= grace {
            check.problem("notice", "expected less than the grace, within which it has to begin, got \(notice)")
        }
    }

    private func checkSnapshots(_ check: SectionCheck) {
        check.range("minimumFreeMiB", minimumFreeMiB, 0...1 << 30)
        let counts = [keep.last, keep.hourly, keep.daily, keep.weekly, keep.monthly]
        if counts.contains(where: { !(0...Self.maximumKept).contains($0) })
            || !(1...Self.maximumKept).contains(keep.total)
        {
            check.problem(
                "keep", "expected 1 to \(Self.maximumKept) snapshots in all, as each lies over the one before")
        }
    }

    private func checkUpdate(_ check: SectionCheck) {
        if template == nil { check.problem("template", "expected the name of a template, got none") }
        if profiles.isEmpty && vms.isEmpty {
            check.problem("profiles", "expected profiles or vms: not every VM is one of this template")
        }
        if forceAfter != 0 { check.range("forceAfter", forceAfter, JobConditions.forceAfterRange) }
        check.range("shutdownTimeoutSeconds", shutdownTimeoutSeconds, 1...3600)
        check.range("guestAgentTimeoutSeconds", guestAgentTimeoutSeconds, 0...3600)
    }
}
