import CSQLite

/// Where a run file lies, as far as it matters for how it may be written.
///
/// A write-ahead log needs memory that all its readers and writers share, which programs on different machines do not have.
enum FileSystem {
    /// The name of the file system that holds `path`, if machines may share it; nil for a disk of this machine.
    static func sharedName(of path: String) -> String? {
        sharedName(ofType: furca_file_system_type(path))
    }

    /// By `statfs.f_type`: `linux/magic.h`, and the file systems' own sources.
    static func sharedName(ofType type: UInt32) -> String? { names[type] }

    private static let names: [UInt32: String] = [
        0x6969: "NFS", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x517B: "SMB", 0x6573_5546: "FUSE", 0x0102_1997: "9p",
        0x00C3_6400: "Ceph", 0x0BD0_0BD0: "Lustre", 0x4750_4653: "GPFS", 0x1983_0326: "BeeGFS", 0x5346_414F: "AFS",
        0x6B41_4653: "AFS", 0x7375_7245: "Coda", 0x564C: "NCP", 0x0116_1970: "GFS2", 0x7461_636F: "OCFS2",
        0x2003_0528: "OrangeFS", 0x786F_4256: "VirtualBox", 0xBACB_ACBC: "VMware", 0xAAD7_AAEA: "PanFS",
    ]
}
