import Testing

@testable import HostInspection

@Suite struct LaptopInspectorTests {
    private let files = [
        "/sys/class/dmi/id/chassis_type": "10\n", "/sys/class/dmi/id/sys_vendor": "LENOVO\n",
        "/sys/class/dmi/id/product_name": "20XW\n", "/sys/class/dmi/id/product_version": "ThinkPad X1\n",
        "/sys/class/power_supply/BAT0/type": "Battery\n",
        "/sys/class/power_supply/BAT0/energy_full_design": "57020000\n",
        "/sys/class/power_supply/BAT0/energy_full": "48500000\n", "/sys/class/power_supply/BAT0/cycle_count": "312\n",
        "/sys/class/power_supply/BAT0/capacity": "81\n", "/sys/class/power_supply/BAT0/status": "Discharging\n",
        "/sys/class/power_supply/BAT1/type": "Battery\n", "/sys/class/power_supply/BAT1/charge_full": "4000000\n",
        "/sys/class/power_supply/BAT1/voltage_min_design": "11400000\n",
        "/sys/class/power_supply/hidpp_battery_0/type": "Battery\n",
        "/sys/class/power_supply/hidpp_battery_0/scope": "Device\n",
        "/sys/class/power_supply/AC/type": "Mains\n", "/sys/class/power_supply/AC/online": "0\n",
        "/proc/acpi/button/lid/LID0/state": "state:      closed\n",
        "/sys/firmware/acpi/platform_profile": "balanced\n",
        "/sys/firmware/acpi/platform_profile_choices": "low-power balanced performance\n",
        "/sys/class/hwmon/hwmon2/name": "coretemp\n", "/sys/class/hwmon/hwmon2/temp1_input": "71000\n",
        "/sys/class/hwmon/hwmon2/temp1_label": "Package id 0\n", "/sys/class/hwmon/hwmon2/temp1_crit": "100000\n",
        "/sys/class/hwmon/hwmon2/temp2_input": "-274000\n",
        "/sys/class/thermal/thermal_zone0/type": "acpitz\n", "/sys/class/thermal/thermal_zone0/temp": "48500\n",
        "/sys/class/thermal/thermal_zone0/trip_point_0_type": "passive\n",
        "/sys/class/thermal/thermal_zone0/trip_point_1_type": "critical\n",
        "/sys/class/thermal/thermal_zone0/trip_point_1_temp": "128000\n",
        "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "3\n",
        "/sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count": "17\n",
        "/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "40\n",
    ]

    @Test func aLaptopIsToldByItsChassis() throws {
        let laptop = try FixtureMachine(files).laptop()
        #expect(laptop.isPortable == true && laptop.chassisType == 10 && laptop.hasLid == true)
        #expect(laptop.vendor == "LENOVO" && laptop.product == "20XW" && laptop.productVersion == "ThinkPad X1")
        #expect(
            laptop.batteries == [
                .init(name: "BAT0", designCapacity: 57_020, fullCapacity: 48_500, cycles: 312),
                .init(name: "BAT1", designCapacity: nil, fullCapacity: 45_600),
            ])
        #expect(laptop.powerProfile == .init(current: "balanced", choices: ["low-power", "balanced", "performance"]))
        #expect(
            laptop.isOnMains == nil && laptop.isLidOpen == nil && laptop.temperatures == [] && laptop.throttling == nil)
    }

    @Test func momentaryFactsComeWhenAskedFor() throws {
        let laptop = try FixtureMachine(files).laptop(momentary: true)
        #expect(laptop.batteries.first?.charge == 81 && laptop.batteries.first?.status == "Discharging")
        #expect(laptop.isOnMains == false && laptop.isLidOpen == false)
        #expect(
            laptop.temperatures == [
                .init(sensor: "coretemp Package id 0", value: 71, critical: 100),
                .init(sensor: "thermal_zone0 acpitz", value: 48.5, critical: 128),
            ])
        #expect(laptop.throttling == .init(core: 17, package: 40))
    }

    @Test func aDesktopIsNone() throws {
        let laptop = try FixtureMachine(["/sys/class/dmi/id/chassis_type": "3\n"]).laptop(momentary: true)
        #expect(
            laptop.isPortable == false && laptop.hasLid == false && laptop.batteries == [] && laptop.isOnMains == nil)
    }

    @Test(arguments: ["", "-1000000", "9223372036854775807", "-9223372036854775808", "x y z", "\u{0}"])
    func garbageIsAbsent(text: String) throws {
        let laptop = try FixtureMachine(files.mapValues { _ in text }).laptop(momentary: true)
        #expect(laptop.isPortable != true && laptop.batteries == [] && laptop.temperatures == [])
    }
}
