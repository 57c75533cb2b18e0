import FleetModel
import Testing

@Suite struct KeyboardUsesTests {
    private static let usb = "/devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/0003:046D:C31C.0001/input/input5"
    private static let keys = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"

    private static func device(_ name: String, _ path: String, handlers: String, keys: String) -> String {
        "I: Bus=0003 Vendor=046d Product=c31c Version=0110\nN: Name=\"\(name)\"\nP: Phys=x\nS: Sysfs=\(path)\n"
            + "U: Uniq=\nH: Handlers=\(handlers) \nB: PROP=0\nB: EV=120013\nB: KEY=\(keys)\nB: MSC=10\n\n"
    }

    private static let keyboard = device("Logitech K120", usb, handlers: "sysrq kbd leds event5", keys: keys)
    private static let powerButton = device(
        "Power Button", "/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0", handlers: "kbd event0",
        keys: "10000000000000 0")
    private static let videoBus = device(
        "Video Bus", "/devices/pci0000:00/0000:00:02.0/LNXVIDEO:00/input/input9", handlers: "kbd event9",
        keys: "3e000b00000000 0 0 0")

    @Test func theControllerOfTheOnlyUSBKeyboardIsKept() throws {
        let machine = try FixtureMachine(["/proc/bus/input/devices": Self.powerButton + Self.videoBus + Self.keyboard])
        #expect(machine.hostUses() == ["0000:00:14.0 only-keyboard: the only keyboard, Logitech K120, hangs on it"])
    }

    @Test func aKeyboardOfItsOwnPortFreesTheControllers() throws {
        let builtIn = Self.device(
            "AT Translated Set 2 keyboard", "/devices/platform/i8042/serio0/input/input3",
            handlers: "sysrq kbd leds event3", keys: "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe")
        let machine = try FixtureMachine(["/proc/bus/input/devices": builtIn + Self.keyboard])
        #expect(machine.hostUses() == [])
    }

    @Test func twoControllersWithAKeyboardEachAreBothFree() throws {
        let second = Self.keyboard.replacing("0000:00:14.0", with: "0000:05:00.3")
        let machine = try FixtureMachine(["/proc/bus/input/devices": Self.keyboard + second])
        #expect(machine.hostUses() == [])
    }

    @Test func twoKeyboardsOnOneControllerKeepIt() throws {
        let second = Self.device(
            "Mouse with keys", Self.usb.replacing("1-3", with: "1-4"), handlers: "kbd event7", keys: Self.keys)
        let machine = try FixtureMachine(["/proc/bus/input/devices": Self.keyboard + second])
        #expect(
            machine.hostUses() == [
                "0000:00:14.0 only-keyboard: all keyboards hang on it: Logitech K120, Mouse with keys"
            ])
    }

    @Test func aBluetoothKeyboardIsNoReplacement() throws {
        let bluetooth = Self.keyboard.replacing(
            Self.usb, with: "/devices/virtual/misc/uhid/0005:046D:B33B.0003/input/input21")
        let machine = try FixtureMachine(["/proc/bus/input/devices": Self.keyboard + bluetooth])
        #expect(machine.hostUses() == ["0000:00:14.0 only-keyboard: the only keyboard, Logitech K120, hangs on it"])
    }

    @Test(arguments: [
        "", "\n\n\n", "N: Name=\nS: Sysfs\nH: Handlers=kbd\nB: KEY=zz\n", "B: KEY=fffffffffffffffffffffffff\n",
    ])
    func garbageIsNoKeyboard(text: String) throws {
        #expect(try FixtureMachine(["/proc/bus/input/devices": text]).hostUses() == [])
    }
}
